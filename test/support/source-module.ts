import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export const repository = join(import.meta.dirname, '../..');

/** One import, export-from or import() of a source file. */
export type SourceImport = {
  /** A package or `node:`/`cloudflare:` name as written, or the repository path of the file. */
  readonly target: string;
  readonly isFile: boolean;
  /** Types only: nothing of the target runs because of it. */
  readonly isType: boolean;
};

export type SourceModule = {
  /** Path from the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly SourceImport[];
};

/** Parses a source file and lists what it imports. */
export function readSourceModule(path: string): SourceModule {
  const text = readFileSync(join(repository, path), 'utf8');
  return parseSourceModule(path, text);
}

export function parseSourceModule(path: string, text: string): SourceModule {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: SourceImport[] = [];
  const add = (specifier: ts.Expression | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isFile = specifier.text.startsWith('.');
    const target = isFile ? posix.join(posix.dirname(path), specifier.text) : specifier.text;
    imports.push({ target, isFile, isType });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, exportsTypesOnly(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal as ts.Expression, true);
  });
  return { path, text, tree, imports };
}

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const { name, namedBindings } = clause;
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.every((element) => element.isTypeOnly);
}

function exportsTypesOnly(declaration: ts.ExportDeclaration): boolean {
  if (declaration.isTypeOnly) return true;
  const { exportClause } = declaration;
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.every((element) => element.isTypeOnly);
}

/** Visits a node and everything in it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The functions longer than `maxLines`, as "name (lines)". */
export function longFunctions(module: SourceModule, maxLines: number): string[] {
  const found: string[] = [];
  walk(module.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lineOf = (position: number): number => module.tree.getLineAndCharacterOfPosition(position).line;
    const lines = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
    if (lines > maxLines) found.push(`${node.name?.getText() ?? 'function'} (${lines} lines)`);
  });
  return found;
}

const sqlStatement = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|REPLACE|WITH|PRAGMA)\s/;

/**
 * The pieces spliced into SQL text that are not certain to be ours: anything but a segment's table name and constants
 * of the same file.
 */
export function spliced(module: SourceModule): string[] {
  const found: string[] = [];
  walk(module.tree, (node) => {
    if (!ts.isTemplateExpression(node) || !sqlStatement.test(node.head.text)) return;
    for (const { expression } of node.templateSpans) {
      if (!isOurText(expression, module)) found.push(expression.getText());
    }
  });
  return found;
}

function isOurText(expression: ts.Expression, module: SourceModule): boolean {
  if (ts.isStringLiteralLike(expression)) return true;
  if (ts.isCallExpression(expression)) return expression.expression.getText() === 'segmentTable';
  if (ts.isConditionalExpression(expression)) {
    return isOurText(expression.whenTrue, module) && isOurText(expression.whenFalse, module);
  }
  return ts.isIdentifier(expression) && isOurName(expression.text, module);
}

/** Every declaration of the name in this file is a constant made of our text, or a parameter that only ever gets it. */
function isOurName(name: string, module: SourceModule): boolean {
  const declarations: boolean[] = [];
  walk(module.tree, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name) {
      declarations.push(node.initializer !== undefined && isOurText(node.initializer, module));
    }
    if (ts.isParameter(node) && node.name.getText() === name) declarations.push(getsOurText(node, module));
  });
  return declarations.length > 0 && declarations.every(Boolean);
}

/** A parameter of a private method whose callers, all in this file, pass our text. */
function getsOurText(parameter: ts.ParameterDeclaration, module: SourceModule): boolean {
  const { parent } = parameter;
  if (!ts.isMethodDeclaration(parent) || !ts.isPrivateIdentifier(parent.name)) return false;
  const { text: method } = parent.name;
  const index = parent.parameters.indexOf(parameter);
  const passed: boolean[] = [];
  walk(module.tree, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    if (node.expression.name.text !== method) return;
    const argument = node.arguments[index];
    passed.push(argument !== undefined && isOurText(argument, module));
  });
  return passed.length > 0 && passed.every(Boolean);
}
