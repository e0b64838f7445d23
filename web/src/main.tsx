import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/now.css";
import "./style/pages.css";
import "./style/small.css";
import { App } from "./app";
import { followAddress } from "./route";
import { startTheme } from "./theme";

startTheme();
followAddress();
render(<App />, document.getElementById("app")!);
