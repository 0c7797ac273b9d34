import page from './pages/about.html';
import { render } from './render.js';

export function about(settings) {
  return render(page, settings);
}
