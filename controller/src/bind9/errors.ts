export { BindyError, type Retry } from '#crds'
