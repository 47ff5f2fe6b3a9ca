// Writes the TypeScript types of an OpenAPI document, read from the input, to the output.
import openapiTS, { astToString } from "openapi-typescript";

const document = await new Response(Deno.stdin.readable).text();
await Deno.stdout.write(new TextEncoder().encode(astToString(await openapiTS(document))));
