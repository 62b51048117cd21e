{{/* Name of the tenant of the request's namespace on `tenants.casebook.dev`: the label's value; `ns:<name>` without a label;
`system:platform` for the operator's own namespace. Label values hold no colon, so the three never collide. */}}
{{- define "casebook.tenantVariable" -}}
- name: tenant
  expression: >-
    request.namespace == '{{ .Release.Namespace }}' ? 'system:platform' :
    has(namespaceObject.metadata.labels) && 'casebook.dev/tenant' in namespaceObject.metadata.labels
    && namespaceObject.metadata.labels['casebook.dev/tenant'] != ''
    ? namespaceObject.metadata.labels['casebook.dev/tenant'] : 'ns:' + request.namespace
{{- end }}

{{/* Feedback entries that this request adds. */}}
{{- define "casebook.addedVariables" -}}
- name: known
  expression: >-
    oldObject == null || !has(oldObject.spec.feedback) ? [] : oldObject.spec.feedback.map(f, f.id)
- name: added
  expression: >-
    !has(object.spec.feedback) ? [] : object.spec.feedback.filter(f, !(f.id in variables.known))
{{- end }}

{{/* A CEL expression: whether the selector terms in variable `.of` say no more than "anywhere". A term that only asks whether a
key is there, that only excludes values, or that is met by any value, does not narrow. */}}
{{- define "casebook.broadTerms" -}}
(!has({{ . }}.matchLabels) || {{ . }}.matchLabels.size() == 0) &&
(!has({{ . }}.matchExpressions) || {{ . }}.matchExpressions.all(e,
  e.operator in ['Exists', 'DoesNotExist', 'NotIn']
  || (e.operator in ['Prefix', 'Suffix', 'Glob'] && has(e.values) && e.values.exists(v, v.matches('^[*?]*$')))))
{{- end }}

{{/* The same for a whole scope: its own terms, and its alternatives if it has some. Exceptions do not narrow it. */}}
{{- define "casebook.broadScope" -}}
{{ include "casebook.broadTerms" . }} &&
(!has({{ . }}.anyOf) || {{ . }}.anyOf.size() == 0 || {{ . }}.anyOf.exists(t, {{ include "casebook.broadTerms" "t" }}))
{{- end }}

{{/* A policy and its binding, which denies; call with (dict "root" $ "name" name "spec" YAML). */}}
{{- define "casebook.policy" -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {{ .name }}
  labels: {{- include "casebook.labels" (dict "root" .root "component" "policy") | nindent 4 }}
spec:
  failurePolicy: Fail
  {{- .spec | nindent 2 }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels: {{- include "casebook.labels" (dict "root" .root "component" "policy") | nindent 4 }}
spec:
  policyName: {{ .name }}
  validationActions: [Deny]
{{- end }}
