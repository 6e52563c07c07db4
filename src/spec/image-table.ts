// Deep Learning Containers: aws/sagemaker-python-sdk image_uri_config/pytorch.json at a2481266 (2026-08-21) for repositories and
// accounts, aws/deep-learning-containers docs/src/data at e0ecedea (2026-08-21) for tags and dates.
// scikit-learn: sagemaker-core image_uri_config/sklearn.json at a2481266 (2026-08-21).

export interface Image {
  readonly repository: string;
  readonly tag: string;
  readonly registry: 'deep-learning' | 'scikit-learn';
  /** Last day AWS patches it, YYYY-MM-DD; undefined where AWS publishes none. */
  readonly endOfPatch?: string;
}

function framework(repository: string, tag: string, endOfPatch: string): Image {
  return { repository, tag, registry: 'deep-learning', endOfPatch };
}

function scikitLearn(version: string): Image {
  return { repository: 'sagemaker-scikit-learn', tag: `${version}-cpu-py3`, registry: 'scikit-learn' };
}

export const images: Readonly<Record<string, Image>> = {
  'pytorch-2.6-cpu': framework('pytorch-training', '2.6.0-cpu-py312', '2026-01-29'),
  'pytorch-2.6-gpu': framework('pytorch-training', '2.6.0-gpu-py312', '2026-01-29'),
  'pytorch-2.7-cpu': framework('pytorch-training', '2.7.1-cpu-py312', '2026-04-23'),
  'pytorch-2.7-gpu': framework('pytorch-training', '2.7.1-gpu-py312', '2026-04-23'),
  'pytorch-2.8-cpu': framework('pytorch-training', '2.8.0-cpu-py312', '2026-08-06'),
  'pytorch-2.8-gpu': framework('pytorch-training', '2.8.0-gpu-py312', '2026-08-06'),
  'pytorch-2.9-cpu': framework('pytorch-training', '2.9.0-cpu-py312', '2026-10-15'),
  'pytorch-2.9-gpu': framework('pytorch-training', '2.9.0-gpu-py312', '2026-10-15'),
  'pytorch-2.10-cpu': framework('pytorch-training', '2.10.0-cpu-py313', '2027-01-21'),
  'pytorch-2.10-gpu': framework('pytorch-training', '2.10.0-gpu-py313', '2027-01-21'),
  'pytorch-2.11-cpu': framework('pytorch', '2.11.0-cpu-amzn2023-sagemaker', '2027-04-30'),
  'pytorch-2.11-gpu': framework('pytorch', '2.11.0-cu130-amzn2023-sagemaker', '2027-04-30'),
  'pytorch-2.12-cpu': framework('pytorch', '2.12.1-cpu-amzn2023-sagemaker', '2027-07-02'),
  'pytorch-2.12-gpu': framework('pytorch', '2.12.1-cu130-amzn2023-sagemaker', '2027-07-02'),
  'pytorch-2.13-cpu': framework('pytorch', '2.13.0-cpu-amzn2023-sagemaker', '2027-07-20'),
  'pytorch-2.13-gpu': framework('pytorch', '2.13.0-cu133-amzn2023-sagemaker', '2027-07-20'),
  'pytorch-inference-2.6-cpu': framework('pytorch-inference', '2.6.0-cpu-py312', '2026-06-30'),
  'pytorch-inference-2.6-gpu': framework('pytorch-inference', '2.6.0-gpu-py312', '2026-06-30'),
  'scikit-learn-1.2-1': scikitLearn('1.2-1'),
  'scikit-learn-1.4-2': scikitLearn('1.4-2'),
  'scikit-learn-1.4-2-py312': scikitLearn('1.4-2-py312'),
};

const dlcElsewhere: Readonly<Record<string, string>> = {
  'af-south-1': '626614931356',
  'ap-east-1': '871362719292',
  'ap-east-2': '975050140332',
  'ap-northeast-3': '364406365360',
  'ap-south-2': '772153158452',
  'ap-southeast-3': '907027046896',
  'ap-southeast-4': '457447274322',
  'ap-southeast-5': '550225433462',
  'ap-southeast-6': '633930458069',
  'ap-southeast-7': '590183813437',
  'ca-west-1': '204538143572',
  'cn-north-1': '727897471807',
  'cn-northwest-1': '727897471807',
  'eu-central-2': '380420809688',
  'eu-south-1': '692866216735',
  'eu-south-2': '503227376785',
  'il-central-1': '780543022126',
  'me-central-1': '914824155844',
  'me-south-1': '217643126080',
  'mx-central-1': '637423239942',
  'us-gov-east-1': '446045086412',
  'us-gov-west-1': '442386744353',
};

const dlcMain = new Set([
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]);

const scikitLearnAccounts: Readonly<Record<string, string>> = {
  'af-south-1': '510948584623',
  'ap-east-1': '651117190479',
  'ap-northeast-1': '354813040037',
  'ap-northeast-2': '366743142698',
  'ap-northeast-3': '867004704886',
  'ap-south-1': '720646828776',
  'ap-south-2': '628508329040',
  'ap-southeast-1': '121021644041',
  'ap-southeast-2': '783357654285',
  'ap-southeast-3': '951798379941',
  'ap-southeast-4': '106583098589',
  'ca-central-1': '341280168497',
  'ca-west-1': '190319476487',
  'cn-north-1': '450853457545',
  'cn-northwest-1': '451049120500',
  'eu-central-1': '492215442770',
  'eu-central-2': '680994064768',
  'eu-north-1': '662702820516',
  'eu-south-1': '978288397137',
  'eu-south-2': '104374241257',
  'eu-west-1': '141502667606',
  'eu-west-2': '764974769150',
  'eu-west-3': '659782779980',
  'il-central-1': '898809789911',
  'me-central-1': '272398656194',
  'me-south-1': '801668240914',
  'sa-east-1': '737474898029',
  'us-east-1': '683313688378',
  'us-east-2': '257758044811',
  'us-gov-east-1': '237065988967',
  'us-gov-west-1': '414596584902',
  'us-west-1': '746614075791',
  'us-west-2': '246618743249',
};

/** The account that holds a registry's images in a region; undefined where AWS has none. */
export function findAccount(registry: Image['registry'], region: string): string | undefined {
  if (registry === 'scikit-learn') return scikitLearnAccounts[region];
  return dlcMain.has(region) ? '763104351884' : dlcElsewhere[region];
}

/** Regions a registry is in, by name. */
export function listRegions(registry: Image['registry']): string[] {
  const regions = registry === 'scikit-learn' ? Object.keys(scikitLearnAccounts) : [...dlcMain, ...Object.keys(dlcElsewhere)];
  return regions.toSorted();
}
