{{/*
What the operator may do in the namespaces whose jobs it runs. It creates pods only by way of Deployments and StatefulSets, never
enters one (no pods/exec, pods/attach, pods/portforward), and gives away no rights (no roles, no bindings). Server-side apply
needs create and patch.
*/}}
{{- define "tidewheel.rules" -}}
- apiGroups: [tidewheel.dev]
  resources: [streamjobs, streamsnapshots, modeldeployments]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [tidewheel.dev]
  resources: [streamjobs/status, streamsnapshots/status, modeldeployments/status]
  verbs: [get, update, patch]
# Where OwnerReferencesPermissionEnforcement is on, an owner that blocks deletion asks for this.
- apiGroups: [tidewheel.dev]
  resources: [streamjobs/finalizers, streamsnapshots/finalizers, modeldeployments/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [""]
  resources: [services, configmaps, serviceaccounts]
  verbs: [get, list, watch, create, update, patch, delete]
# Certificates of jobs, and the credentials of the store that a job names.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [events.k8s.io, ""]
  resources: [events]
  verbs: [create, patch]
{{- end }}
