export { BindyError, type Reason, type Retry } from '#crds'
