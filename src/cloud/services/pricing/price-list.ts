import type { Product } from './price-document.ts';
import table from './products.json' with { type: 'json' };

/** All rates the local cloud knows: of every type the rows that mislead first, then training and hosting. */
export function listProducts(): Product[] {
  return table.rows.flatMap(({ region, instanceName, usdPerHour, date }) => {
    const row = (more: Partial<Product> & Pick<Product, 'usage' | 'platoType'>): Product => ({
      region,
      instanceName,
      date,
      usdPerUnit: usdPerHour,
      unit: 'Hrs',
      component: undefined,
      ...more,
    });
    const rates = [
      row({ component: 'Training', usage: 'Train', platoType: 'Training' }),
      row({ component: 'Hosting', usage: 'Host', platoType: 'Hosting' }),
    ];
    return listTraps(row, instanceName).concat(rates);
  });
}

/**
 * Rows of the real list that a client which filters too little takes for the rate: ones that are free, the rate of HyperPod, and the
 * one-time fee of a training plan, which has no component, is no price of an hour and is lower than one.
 */
function listTraps(
  row: (more: Partial<Product> & Pick<Product, 'usage' | 'platoType'>) => Product,
  instanceName: string,
): Product[] {
  const everywhere = [
    row({ usdPerUnit: 0, component: 'Notebook', usage: 'Notebk', platoType: 'Notebook-Free' }),
    row({ component: 'Studio-JupyterLab', usage: 'Studio:JupyterLab', platoType: 'Studio-JupyterLab' }),
  ];
  if (instanceName !== 'ml.p4d.24xlarge') return everywhere;
  return everywhere.concat(
    row({ usdPerUnit: 25.91, component: 'Cluster', usage: 'Cluster', platoType: 'Cluster' }),
    row({ usdPerUnit: 13.57, unit: 'Quantity', usage: 'TrainingPlanUpfrontFee', platoType: 'TrainingPlan' }),
  );
}
