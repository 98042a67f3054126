/** A file's text, as the test's bundler brings it into the runtime, which has no files. */
declare module '*?raw' {
  const text: string;
  export default text;
}
