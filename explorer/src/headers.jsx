import { useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

const STORAGE_KEY = 'one:headers';
const TEMPLATE = '{\n  "Authorization": "Bearer "\n}\n';

/** The text of the header editor as it was left, on this or an earlier visit. */
export function storedHeaders() {
  return localStorage.getItem(STORAGE_KEY) ?? TEMPLATE;
}

/** Gives all tabs one header text: GraphiQL keeps one a tab, so a key pasted in one would be missing in the next. */
export function SharedHeaders() {
  const { headerEditor, tab } = useGraphiQL(({ headerEditor, tabs, activeTabIndex }) => ({
    headerEditor,
    tab: tabs[activeTabIndex]?.id,
  }));

  useEffect(() => {
    const listener = headerEditor?.onDidChangeModelContent(({ isFlush }) => {
      // A flush is GraphiQL filling the editor for another tab, not the user editing.
      if (!isFlush) localStorage.setItem(STORAGE_KEY, headerEditor.getValue());
    });
    return () => listener?.dispose();
  }, [headerEditor]);

  useEffect(() => {
    const headers = storedHeaders();
    if (headerEditor && headerEditor.getValue() !== headers) headerEditor.setValue(headers);
  }, [headerEditor, tab]);

  return null;
}
