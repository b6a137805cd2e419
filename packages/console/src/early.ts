// Runs while the large script is still being read, so that what it will show is on its way by then.
import './session/resumed-session.js';
