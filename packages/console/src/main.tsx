import './design/mantine.css';
import 'virtual:theme.css';
import './design/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { reloadOnceIfPartsAreGone } from './reload-once.js';

reloadOnceIfPartsAreGone();
const root = document.getElementById('console');
if (root === null) throw new Error('index.html has no element with the id "console"');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
