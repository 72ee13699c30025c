// First, so that nothing is ever drawn in the wrong colours.
import { applyTheme } from './frame/theme';
applyTheme();

import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { session } from './frame/session.svelte';
import { watchVersion } from './frame/version.svelte';
import { router } from './routing/router.svelte';

watchVersion();
router.listen();
void session.load();

const target = document.getElementById('app');
if (target) mount(App, { target });
