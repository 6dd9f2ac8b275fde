import { useSyncExternalStore } from 'react';

/** Where the page is: the path and its query, in the browser's own history. */
const subscribe = (watch: () => void) => {
  addEventListener('popstate', watch);
  addEventListener('went', watch);
  return () => { removeEventListener('popstate', watch); removeEventListener('went', watch); };
};
export const useRoute = (): { path: string; params: URLSearchParams } => {
  const place = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [path = '/', search = ''] = place.split(/\?(.*)/s);
  return { path, params: new URLSearchParams(search) };
};
export const go = (to: string, replace = false): void => {
  if (to !== location.pathname + location.search) {
    history[replace ? 'replaceState' : 'pushState'](null, '', to);
    dispatchEvent(new Event('went'));
  }
};
/** For links: a plain click stays in the page, any other opens as ever. */
export const follow = (e: React.MouseEvent<HTMLAnchorElement>): void => {
  if (!e.defaultPrevented && e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey && !e.altKey) {
    e.preventDefault();
    go(e.currentTarget.getAttribute('href') ?? '/');
  }
};
