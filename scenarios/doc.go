// Package scenarios reads experiments, policies, regulations and macro paths (YAML) into typed, checked values
// and embeds a library of each.
//
// Load reads an experiment by its name in the library or its path, with everything it refers to, and reports
// all problems at once with their places. Experiment.Arms turns it into the arms and settings of a sim plan
// once the portfolio's currency and segments are known; Experiment.Resolved writes it back with every default
// explicit. How the files are written is told in README.md beside this file; Schema lists their keys.
package scenarios
