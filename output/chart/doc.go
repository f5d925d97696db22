// Package chart draws the figures of a report as SVG and PNG (150 dpi). All draws every figure; a figure that
// fails becomes a warning that names it.
//
// Figures are drawn with the canvases and fonts of gonum/plot, and with axes of our own: titles stand at the left
// edge, lines carry their names, labels are moved apart, every scale starts where its figure needs it and says
// so. The same report gives the same bytes.
package chart
