export { type OpenApiDocument, type OpenApiOptions, openApiDocument, routePath } from "./openapi.ts";
