import { mount } from "svelte";
import App from "./app.svelte";
import "./tokens.css";
import "./base.css";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
target.textContent = "";
mount(App, { target });
