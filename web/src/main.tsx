import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App } from "./app";
import { followAddress } from "./route";
import { startTheme } from "./theme";

startTheme();
followAddress();
render(<App />, document.getElementById("app")!);
