import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly size?: 'md' | 'lg' | 'xl';
  readonly children: ReactNode;
  onClose(): void;
}

/** Its content exists only while it is open, so that a form begins anew each time. */
export function Dialog({ title, isOpen, size = 'md', children, onClose }: DialogProps) {
  return (
    <Modal
      title={title}
      opened={isOpen}
      onClose={onClose}
      size={size}
      centered
      // It would write a style sheet into the page, which the Content-Security-Policy forbids.
      lockScroll={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  );
}
