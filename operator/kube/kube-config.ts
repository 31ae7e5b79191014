/** The one part of the client library that is used, in a module of its own: what is bundled is then this part alone. */
export { KubeConfig } from '@kubernetes/client-node';
