import type { Product } from './price-document.ts';
import table from './products.json' with { type: 'json' };

/**
 * All rates the local cloud knows. Beside training and hosting stand the rows of the real list that mislead a client which filters too
 * little, and they stand first: the HyperPod rate, a one-time fee of training plans that is lower than the hourly rate, and rows that
 * are free.
 */
export function listProducts(): Product[] {
  return table.rows.flatMap(({ region, instanceName, usdPerHour, date }) => {
    const base = { region, instanceName, date, usdPerUnit: usdPerHour, unit: 'Hrs' as const };
    const traps: Product[] = [
      { ...base, usdPerUnit: 0, component: 'Notebook', usage: 'Notebk', platoType: 'Notebook-Free' },
      { ...base, component: 'Studio-JupyterLab', usage: 'Studio:JupyterLab', platoType: 'Studio-JupyterLab' },
    ];
    if (instanceName === 'ml.p4d.24xlarge') {
      traps.push(
        { ...base, usdPerUnit: 25.91, component: 'Cluster', usage: 'Cluster', platoType: 'Cluster' },
        {
          ...base,
          usdPerUnit: 13.57,
          unit: 'Quantity',
          component: undefined,
          usage: 'TrainingPlanUpfrontFee',
          platoType: 'TrainingPlan',
        },
      );
    }
    return [
      ...traps,
      { ...base, component: 'Training', usage: 'Train', platoType: 'Training' },
      { ...base, component: 'Hosting', usage: 'Host', platoType: 'Hosting' },
    ];
  });
}
