/** The words of diagrams, in English: they are loaded with what draws them. */
export const DIAGRAM_STRINGS = {
  /** The name of a diagram for screen readers. */
  diagram: 'Diagram',
  /** The button that shows the source of a diagram. */
  showSource: 'Show source',
  /** The button that shows the diagram again. */
  showDiagram: 'Show diagram',
} as const;

/** The words of diagrams, by key. */
export type DiagramStrings = Readonly<Record<keyof typeof DIAGRAM_STRINGS, string>>;
