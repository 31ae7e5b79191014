{{/*
What the operator may do in the namespaces whose jobs it runs: no more than its calls need. It makes pods only by way of Deployments
and StatefulSets, never enters one (no pods/exec, pods/attach, pods/portforward), gives away no rights (no roles, no bindings), and
can't find out which Secrets there are (no list). Server-side apply needs create and patch; what a job leaves behind goes by owner.
*/}}
{{- define "tidewheel.rules" -}}
- apiGroups: [tidewheel.dev]
  resources: [streamjobs, modeldeployments]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [tidewheel.dev]
  resources: [streamsnapshots]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [tidewheel.dev]
  resources: [streamjobs/status, streamsnapshots/status, modeldeployments/status]
  verbs: [patch]
# Where OwnerReferencesPermissionEnforcement is on, an owner that blocks deletion asks for this.
- apiGroups: [tidewheel.dev]
  resources: [streamjobs/finalizers, streamsnapshots/finalizers, modeldeployments/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, create, patch, delete]
# Certificates of jobs.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [get, create, patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, create, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
