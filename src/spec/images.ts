import type { Problem } from '../action-error.ts';
import { findAccount, images, listRegions } from './image-table.ts';
import { findNearest } from './nearest.ts';
import { quote } from './finding.ts';

/**
 * The URI of an image in a region. Short names are looked up in the table; anything with a slash is a URI and passes as it is.
 * @param today YYYY-MM-DD, for the warning about images AWS patches no longer
 */
export function resolveImage(name: string, region: string, today: string): { uri: string; warnings: string[] } | Problem {
  if (name.includes('/')) return { uri: name, warnings: [] };
  const problem = findImageProblem(name);
  const image = images[name];
  if (problem || !image) return problem ?? describeUnknown(name);
  const account = findAccount(image.registry, region);
  if (!account) {
    return {
      name: 'image',
      message: `AWS does not offer ${name} in the region ${quote(region)}; it does in ${listRegions(image.registry).join(', ')}.`,
      fix: 'Use one of those regions, or write the full URI of an image.',
    };
  }
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const uri = `${account}.dkr.ecr.${region}.${domain}/${image.repository}:${image.tag}`;
  const late = image.endOfPatch !== undefined && today > image.endOfPatch;
  return { uri, warnings: late ? [`The image ${name} gets no patches since ${image.endOfPatch}.`] : [] };
}

/** What is wrong with an image name in every region; undefined for known names and URIs. */
export function findImageProblem(name: string): Problem | undefined {
  return name.includes('/') || Object.hasOwn(images, name) ? undefined : describeUnknown(name);
}

function describeUnknown(name: string): Problem {
  const known = Object.keys(images);
  const nearest = findNearest(name, known);
  return {
    name: 'image',
    message: `There is no image ${quote(name)}; short names are ${known.join(', ')}.${nearest ? ` Did you mean ${nearest}?` : ''}`,
    fix: nearest
      ? `Write ${nearest}, or the full URI of an image.`
      : 'Write one of the short names, or the full URI of an image.',
  };
}
