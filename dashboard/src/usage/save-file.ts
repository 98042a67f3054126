/** Gives the browser a file to save, made here: nothing is asked of the platform. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it up when the click returned.
  URL.revokeObjectURL(url);
}
