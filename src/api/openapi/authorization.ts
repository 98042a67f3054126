import { refusalCodes } from '../../authorization/access-check.ts';
import {
  type AclOperation,
  clusterResource,
  organizationResource,
  type ResourceType,
} from '../../authorization/acl-binding.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';

/**
 * Who may call an operation. Every operation declares it; the app checks it before the handler runs, the document says
 * it, and the tests try every operation with every kind of credential.
 */
export type OperationAuthorization =
  /**
   * Answers everyone, from memory: it calls no object, so that whoever is nobody costs nothing. Signing up is the one that
   * does call some, where the operator lets people, and within bounds.
   */
  | { readonly kind: 'public' }
  /** Answers the platform's operator; in open mode that is everyone. */
  | { readonly kind: 'operator' }
  /** Any valid credential; what it may see or do is decided by the handler, as `decides` says. */
  | { readonly kind: 'credential'; readonly decides: string; readonly resourceTypes: readonly ResourceType[] }
  /** An access to the resource that a parameter of the path names, or to the only one there is. */
  | {
      readonly kind: 'access';
      readonly operation: Exclude<AclOperation, 'ALL'>;
      readonly resourceType: ResourceType;
      readonly resource: { readonly parameter: string } | { readonly name: string };
      /** What the handler asks for besides, of resources that the body names. */
      readonly besides?: string;
      readonly besidesTypes?: readonly ResourceType[];
    };

type Operation = Exclude<AclOperation, 'ALL'>;

export const publicly: OperationAuthorization = { kind: 'public' };

export const operatorOnly: OperationAuthorization = { kind: 'operator' };

/** Any valid credential. `decides` is a sentence for the document: what the handler asks the evaluator. */
export const anyCredential = (decides: string, ...resourceTypes: ResourceType[]): OperationAuthorization => ({
  kind: 'credential',
  decides,
  resourceTypes,
});

/** An access to the topic of the path. */
export const onTopic = (operation: Operation, parameter = 'topic'): OperationAuthorization =>
  access(operation, 'TOPIC', { parameter });

/** An access to the group of the path; `besides` says which topics of the body have to be allowed too. */
export const onGroup = (operation: Operation, besides?: string, parameter = 'group'): OperationAuthorization => ({
  ...access(operation, 'GROUP', { parameter }),
  ...(besides === undefined ? {} : { besides, besidesTypes: ['TOPIC'] as const }),
});

/** An access to the transactional id of the path; `besides` says what the body has to be allowed too. */
export const onTransaction = (operation: Operation, besides?: string): OperationAuthorization => ({
  ...access(operation, 'TRANSACTIONAL_ID', { parameter: 'transactional_id' }),
  ...(besides === undefined ? {} : { besides, besidesTypes: ['TOPIC', 'GROUP'] as const }),
});

/** An access to the cluster as a whole; `besides` says which topics and groups have to be allowed too. */
export const onCluster = (operation: Operation, besides?: string): OperationAuthorization => ({
  ...access(operation, 'CLUSTER', { name: clusterResource }),
  ...(besides === undefined ? {} : { besides, besidesTypes: ['TOPIC', 'GROUP'] as const }),
});

/** An access to the organization: clusters, quotas, budget, issuers, usage, audit. */
export const onOrganization = (operation: Operation): OperationAuthorization =>
  access(operation, 'ORGANIZATION', { name: organizationResource });

/** An access to the member or key that the parameter names. */
export const onUser = (operation: Operation, parameter: string): OperationAuthorization =>
  access(operation, 'USER', { parameter });

function access(
  operation: Operation,
  resourceType: ResourceType,
  resource: { readonly parameter: string } | { readonly name: string },
) {
  return { kind: 'access', operation, resourceType, resource } as const;
}

/** Whatever somebody asks for: they may be nobody, or ask too often. */
const refusedAnyone = ['SASL_AUTHENTICATION_FAILED', 'THROTTLING_QUOTA_EXCEEDED'] as const;

/** The codes that an operation may refuse a caller with. */
export function refusalsOf(authorization: OperationAuthorization): readonly ErrorCode[] {
  switch (authorization.kind) {
    case 'public':
      return [];
    case 'operator':
      return ['SASL_AUTHENTICATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'];
    case 'credential':
      return [...refusedAnyone, ...authorization.resourceTypes.map((type) => refusalCodes[type])];
    case 'access': {
      const types = [authorization.resourceType, ...(authorization.besidesTypes ?? [])];
      return [...refusedAnyone, ...types.map((type) => refusalCodes[type])];
    }
  }
}

/** The sentence of the document about who may call. */
export function describeAuthorization(authorization: OperationAuthorization): string {
  switch (authorization.kind) {
    case 'public':
      return 'Needs no credential.';
    case 'operator':
      return 'Closed mode: for the operator of the platform.';
    case 'credential':
      return `Closed mode: any credential; ${authorization.decides}.`;
    case 'access': {
      const { operation, resourceType, besides } = authorization;
      const needed = `${operation} of the ${resourceType.toLowerCase().replaceAll('_', ' ')}`;
      return `Closed mode: needs ${needed}${besides === undefined ? '' : `, and ${besides}`}.`;
    }
  }
}
