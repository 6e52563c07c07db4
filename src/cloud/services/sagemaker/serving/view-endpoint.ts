import type {
  DeployedImage,
  DescribeEndpointOutput,
  PendingDeploymentSummary,
  ProductionVariantSummary,
} from '@aws-sdk/client-sagemaker';
import type { Endpoint, PendingDeployment } from './endpoint.ts';
import type { VariantFleet } from './fleet.ts';
import { getContainer } from './model.ts';

/** What DescribeEndpoint says of an endpoint now. */
export function viewEndpoint({ name, arn, created, state }: Endpoint): DescribeEndpointOutput {
  const { fleet, pending } = state;
  return {
    EndpointName: name,
    EndpointArn: arn,
    EndpointConfigName: fleet.config.name,
    EndpointStatus: state.status,
    CreationTime: created,
    LastModifiedTime: state.modified,
    ...(state.status !== 'Creating' && { ProductionVariants: fleet.variants.map((variant) => viewVariant(variant, created)) }),
    ...(state.failureReason !== undefined && { FailureReason: state.failureReason }),
    ...(state.lastDeployment && { LastDeploymentConfig: state.lastDeployment }),
    ...(pending && { PendingDeploymentSummary: viewPending(pending) }),
  };
}

function viewVariant(variant: VariantFleet, since: Date): ProductionVariantSummary {
  return {
    VariantName: variant.name,
    DeployedImages: viewImages(variant, since),
    CurrentWeight: variant.weight,
    DesiredWeight: variant.weight,
    CurrentInstanceCount: variant.ready.length,
    DesiredInstanceCount: variant.desired,
  };
}

/** The image that was asked for. It is not run here, and has no digest. */
function viewImages({ model }: VariantFleet, since: Date): DeployedImage[] {
  const { Image: image } = getContainer(model);
  return image === undefined ? [] : [{ SpecifiedImage: image, ResolvedImage: image, ResolutionTime: since }];
}

function viewPending({ fleet, started, variantStatus }: PendingDeployment): PendingDeploymentSummary {
  return {
    EndpointConfigName: fleet.config.name,
    StartTime: started,
    ProductionVariants: fleet.variants.map((variant) => ({
      ...viewVariant(variant, started),
      ...(variant.spec.InstanceType !== undefined && { InstanceType: variant.spec.InstanceType }),
      VariantStatus: [{ Status: variantStatus, StartTime: started }],
    })),
  };
}
