import type { JsonSchema } from '../openapi/operation.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

/** `level` is the indentation; `within` the names of the schemas that are being outlined, so that a circle ends. */
type Place = { readonly schemas: Schemas; readonly level: number; readonly within: readonly string[] };

/**
 * A JSON schema as a person writes it: `{ "name": text, "partitions"?: integer }` over lines, with each field's
 * description behind it. It knows the keywords that the document uses.
 */
export function schemaOutline(schema: JsonSchema, schemas: Schemas): string {
  return outline(schema, { schemas, level: 0, within: [] });
}

function outline(schema: JsonSchema, place: Place): string {
  if (typeof schema.$ref === 'string') return outlineNamed(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1), place);
  const choices = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(choices)) return choices.map((choice: JsonSchema) => outline(choice, place)).join(' or ');
  if (Array.isArray(schema.enum))
    return withDefault(schema.enum.map((word) => JSON.stringify(word)).join(' or '), schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'object') return outlineObject(schema, place);
  if (schema.type === 'array') return `[${outline(asSchema(schema.items), place)}, ...]`;
  if (Array.isArray(schema.type)) return schema.type.map(nameOfType).join(' or ');
  return withDefault(`${nameOfType(schema.type)}${boundsOf(schema)}`, schema);
}

function outlineNamed(name: string, place: Place): string {
  const target = place.schemas[name];
  if (target === undefined || place.within.includes(name)) return name;
  return outline(target, { ...place, within: [...place.within, name] });
}

function outlineObject(schema: JsonSchema, place: Place): string {
  const inside = { ...place, level: place.level + 1 };
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(asSchema(schema.properties)).map(([name, field]) => {
    const fieldSchema = asSchema(field);
    const comment = typeof fieldSchema.description === 'string' ? `   // ${fieldSchema.description}` : '';
    const mark = required.has(name) ? '' : '?';
    return `${'  '.repeat(inside.level)}"${name}"${mark}: ${outline(fieldSchema, inside)}${comment}`;
  });
  if (fields.length > 0) return `{\n${fields.join('\n')}\n${'  '.repeat(place.level)}}`;
  if (typeof schema.additionalProperties !== 'object') return '{...}';
  return `{ name: ${outline(asSchema(schema.additionalProperties), inside)}, ... }`;
}

function boundsOf(schema: JsonSchema): string {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  return maximum === undefined ? '' : ` to ${maximum}`;
}

function withDefault(text: string, schema: JsonSchema): string {
  return schema.default === undefined || schema.default === '' ? text : `${text}; default ${schema.default}`;
}

function nameOfType(type: unknown): string {
  return typeof type === 'string' ? (typeNames[type] ?? type) : 'any JSON';
}

const typeNames: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false' };

function asSchema(schema: unknown): JsonSchema {
  return typeof schema === 'object' && schema !== null ? (schema as JsonSchema) : {};
}
