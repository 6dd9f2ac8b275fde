import { notifications } from '@mantine/notifications';
import { ApiError } from './api';

/** Shows an error with its way out. */
export const tell = (title: string, error: unknown): void => {
  if (error instanceof DOMException && error.name === 'AbortError') {
    return;
  }
  const message = error instanceof ApiError ? `${error.message} ${error.remedy}` : String(error);
  notifications.show({ title, message, color: 'red', autoClose: 12_000 });
};
