// The commands of the program: each adds itself to the command line, and runs when chosen.
// Machine-readable output on stdout, messages on stderr.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace plimsoll {

// What the chosen command does; returns the exit code.
using Action = std::function<int()>;

void add_synth(CLI::App& app, Action& chosen);
void add_import(CLI::App& app, Action& chosen);
void add_calibrate(CLI::App& app, Action& chosen);
void add_window(CLI::App& app, Action& chosen);
void add_run(CLI::App& app, Action& chosen);
void add_ask(CLI::App& app, Action& chosen);
void add_value(CLI::App& app, Action& chosen);
void add_explain(CLI::App& app, Action& chosen);
void add_exposure(CLI::App& app, Action& chosen);
void add_digest(CLI::App& app, Action& chosen);
void add_report(CLI::App& app, Action& chosen);
void add_engines(CLI::App& app, Action& chosen);

// The command line as typed, for provenance.
std::string command_line();

}  // namespace plimsoll
