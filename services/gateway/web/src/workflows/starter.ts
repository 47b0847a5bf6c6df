/** What the editor of a new workflow begins with: the smallest workflow that asks a person. */
export const STARTER = `trigger:
  type: manual_trigger
  config: {}
nodes:
  - key: review
    type: approval
    name: Review
    config:
      title: Approve the request
      prompt: |
        Please check **{{ trigger.output.subject }}** before it goes out.
edges:
  - from: trigger
    to: review
`;
