// Package ui shows app.State in the browser's document: thin vecty components
// and, for the long lists, windows of rows set as one string of HTML. It
// performs the commands that app.Update returns.
//
// Surface for tests, kept stable:
//
//	#preset                      the choice of presets (select)
//	#undo #redo #share #theme #help-open       buttons of the header
//	#open, #file                 opens a scenario from a JSON file (button, file input)
//	#download                    choice: pcapng, keylog, json, scenario
//	#banner, #banner-text        what was wrong with a link, and its text
//	[data-path="links.net.mtu"]  the form's controls by the scenario's path (input, select, checkbox, textarea)
//	[data-list="PATH"]           an ordered list; inside, [data-act=list-up|list-down|list-remove][data-i]; input [data-add="PATH"]
//	[data-error="PATH"]          the message at a field
//	#ladder                      the ladder; .row[data-row="packet or event name"], .sel, .mark-changed, .mark-new
//	#tabs [data-tab="ID"]        the inspector's tabs: "frame" and buffers
//	#tree                        the field tree; .node[data-node="path"]
//	#hex                         the bytes; i[data-o="offset"], .chg for changed ones
//	#flip                        input for a byte's new value (two hex digits)
//	#checks                      second opinions on the packet; .check[data-answer=agreed|disagreed|nobody]
//	#faults                      the list of faults; [data-act=fault-off|fault-keep|fault-remove][data-i]
//	#values [data-pin="NAME"]    inputs of the named values; #values-find filters them
//	[data-group="TITLE"]         a group of the form (details)
//	#key-HASH                    textarea that asks for a pasted certificate's key
//	#outcome                     the outcome; data-code, data-ok, data-packets, data-agreed, data-disagreed,
//	                             data-nobody, data-verified=true|false, data-gen (counts runs)
//	[data-act=checks]            shows all second opinions in #event
//	#play                        goes through the ladder row by row
//	#live                        what a screen reader is told
//	window.cipherglass           .state, .timings [{kind, ms, run_ms, at}] (an edit until it is painted),
//	                             .hash() (SHA-256 over names and bytes of all packets, hex)
package ui
