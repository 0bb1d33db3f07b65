import { mount } from "svelte";
import App from "./App.svelte";
import "./base.css";
import { reader } from "./lib/text.svelte";

await reader.begin();
const target = document.getElementById("app") as HTMLElement;
target.replaceChildren(); // what was shown until here
mount(App, { target });
