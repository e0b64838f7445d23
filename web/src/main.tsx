import { render } from "preact";

render(<main><h1>MEPlink</h1></main>, document.getElementById("app")!);
