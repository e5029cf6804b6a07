package ui

// window is the part of a long list that is in the document.
type window struct {
	id       string
	row      int // height of a row
	top      int // scrollTop
	height   int
	from, to int
}

// fit chooses the rows to show out of n, some more than are in view, in steps
// so that a small scroll changes nothing.
func (w *window) fit(n int) {
	const step = 4
	height := w.height
	if height == 0 {
		height = 600
	}
	top := min(w.top, max(0, n*w.row-height))
	w.from = max(0, top/w.row/step*step-step)
	w.to = min(n, (top+height)/w.row/step*step+2*step)
}
