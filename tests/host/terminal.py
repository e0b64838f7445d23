"""mep watch on a terminal, looked at through tmux."""

from harness import *


class Terminal:
    """A tmux server of our own with one window, in which a shell runs mep watch."""

    def __init__(self, folder, width, height, env=""):
        self.socket = os.path.join(folder, "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  "env PS1='ready$ ' TERM=screen-256color LC_ALL=C.UTF-8 " + env + " sh -i")
        wait_for(lambda: "ready$" in self.text())

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args], capture_output=True, text=True,
                              check=True, env=ENV).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def key(self, name):
        self.tmux("send-keys", name)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def text(self):
        return self.tmux("capture-pane", "-p")

    def styled(self):
        return self.tmux("capture-pane", "-p", "-e")

    def value(self, name):
        return self.tmux("display-message", "-p", "#{" + name + "}").strip()

    def close(self):
        self.tmux("kill-server")


class Watch(TestCase):
    def terminal(self, width=90, height=30, env=""):
        terminal = Terminal(self.folder.name, width, height, env)
        self.addCleanup(terminal.close)
        return terminal

    def shows(self, terminal, pattern, seconds=20):
        shown = wait_for(lambda: re.search(pattern, terminal.text()), seconds)
        self.assertTrue(shown, f"no {pattern!r} in\n{terminal.text()}")

    def test_one_screen_in_place(self):
        terminal = self.terminal()
        terminal.type(f"{MEP} watch --meter sim:")
        self.shows(terminal, r"(?m)^ live: last verified \d\.\d s ago")
        self.shows(terminal, r"serial SIM\d+   firmware \d+\.\d+")
        self.shows(terminal, r"(?m)^  power +\d+ W (im|ex)port +\d+ W (im|ex)port")
        self.shows(terminal, r"(?m)^  voltage +2\d\d\.\d V +2\d\d\.\d V +2\d\d\.\d V$")
        self.shows(terminal, r"(?m)^  energy +\d+\.\d{3} kWh +\d+\.\d{3} kWh$")
        self.shows(terminal, r"(?m)^  answers +\d+ verified, 0 damaged")
        self.assertIn("\033[32mlive", terminal.styled())
        self.assertEqual((terminal.value("alternate_on"), terminal.value("cursor_flag")),
                         ("1", "0"))
        first = terminal.text()
        self.assertTrue(wait_for(lambda: terminal.text() != first))
        self.assertEqual(terminal.text().count("L1"), 1)

        for width, height in ((40, 10), (10, 3), (200, 50), (90, 30)):
            terminal.resize(width, height)
            self.shows(terminal, r"(?m)^ (live|liv)")
            lines = terminal.text().splitlines()
            self.assertLessEqual(max(map(len, lines)), width)
        self.shows(terminal, r"Ctrl-C ends")

        terminal.key("C-c")
        self.shows(terminal, r"(?m)^ready\$$")
        self.assertEqual((terminal.value("alternate_on"), terminal.value("cursor_flag")),
                         ("0", "1"))
        terminal.type("stty -a; echo status $?")
        self.shows(terminal, r"[^-]echo ")
        self.assertNotIn("live", terminal.text())

    def test_terminated_it_leaves_the_terminal_as_it_was(self):
        terminal = self.terminal()
        terminal.type(f"{MEP} watch --meter sim: & echo $! > {self.path('pid')}; fg")
        self.shows(terminal, r"(?m)^ live")
        with open(self.path("pid"), encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGTERM)
        self.shows(terminal, r"(?m)^ready\$$")
        self.assertEqual((terminal.value("alternate_on"), terminal.value("cursor_flag")),
                         ("0", "1"))

    def test_no_colour(self):
        terminal = self.terminal(env="NO_COLOR=1")
        terminal.type(f"{MEP} watch --meter sim:")
        self.shows(terminal, r"(?m)^ live: last verified")
        self.assertNotIn("\033", terminal.styled())

    def test_old_values_look_old_and_then_go(self):
        meter = self.meter()
        terminal = self.terminal()
        terminal.type(f"MEP_KEY='{KEY}' {MEP} watch --meter {meter.uri}")
        self.shows(terminal, r"(?m)^ live")
        meter.process.send_signal(signal.SIGSTOP)
        self.shows(terminal, r"(?m)^ STALE: last verified [3-9]\.\d s ago")
        self.assertRegex(terminal.text(), r"(?m)^  voltage +2\d\d\.\d V")
        self.assertRegex(terminal.styled(), r"\033\[2m *2\d\d\.\d V")
        self.shows(terminal, r"(?m)^ NO CURRENT DATA: last verified \d\d s ago", 40)
        self.assertRegex(terminal.text(), r"(?m)^  voltage +- +- +-$")
        self.assertRegex(terminal.text(), r"(?m)^  energy +- +-$")
        meter.process.send_signal(signal.SIGCONT)
        self.shows(terminal, r"(?m)^ live", 40)
        meter.kill()
        self.shows(terminal, r"(?m)^  link .*; trying again")
        meter.start()
        self.shows(terminal, r"(?m)^ live", 40)

    def test_a_terminal_that_cannot_be_drawn_on(self):
        terminal = self.terminal(width=200)
        terminal.type(f"TERM=dumb {MEP} watch --meter sim:")
        self.shows(terminal, r"(?m)^\d{4}-\d\d-\d\dT\S+  import ")
        self.assertEqual(terminal.value("alternate_on"), "0")

    def test_reading_as_a_table(self):
        terminal = self.terminal(height=100)
        terminal.type(f"{MEP} read --meter sim:")
        self.shows(terminal, r"(?m)^  energy import +\d+\.\d{3} kWh$")
        self.shows(terminal, r"(?m)^  frequency +\d\d\.\d{3} Hz$")


if __name__ == "__main__":
    main()
