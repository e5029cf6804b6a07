// Package browser tests the page in a real Chromium. It is a module of its
// own, so that what drives the browser is no part of the product.
package browser
