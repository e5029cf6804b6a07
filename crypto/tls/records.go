package tls

import (
	"bytes"
	"slices"
	"strconv"

	"cipherglass/crypto/engine"
)

// maxMessage bounds a handshake message; certificate chains are the long ones.
const maxMessage = 1 << 17

// records is the record layer of one end of a stream (RFC 8446, Section 5;
// RFC 5246, Section 6): it cuts handshake messages and data into records, puts
// those that come together again, and tells of each record and message.
type records struct {
	effects *engine.Effects
	server  bool
	version uint16 // negotiated, 0 before
	suite   uint16
	write   writeHalf
	read    readHalf
}

type writeHalf struct {
	prot     *RecordProtection
	coalesce bool
	records  int // so far
	messages int
	off      int // bytes of the stream so far
	header   uint16

	label string // of data, which is sealed but not sent
	data  []byte

	pending []byte // handshake messages for the next record
	names   []pendingMessage
}

type pendingMessage struct {
	name string
	end  int // in pending
}

type readHalf struct {
	prot     *RecordProtection
	opened   int // records opened by prot
	records  int // so far
	messages int
	off      int // of buf in the stream
	buf      []byte

	pending []byte         // the start of a handshake message
	from    []engine.Piece // where pending comes from
	ended   bool
}

// place is where the content of a record lies: a buffer's ID and an offset.
type place struct {
	buffer string
	off    int
}

// context is what the bytes of a record or message do not say.
func (l *records) context(typ uint8, out, protected bool) Context {
	return Context{Version: l.version, Suite: l.suite, FromServer: l.server == out, ContentType: typ, Protected: protected}
}

// sendMessage sends a handshake message, whole, header included.
func (l *records) sendMessage(label, name string, msg []byte) {
	w := &l.write
	l.labelled(label)
	w.pending = append(w.pending, msg...)
	w.names = append(w.names, pendingMessage{name, len(w.pending)})
	if !w.coalesce {
		l.flushMessages()
	}
}

// flushMessages seals what is pending, in records of at most 2^14 bytes, and
// then tells of the messages and where in those records they are.
func (l *records) flushMessages() {
	w := &l.write
	if len(w.pending) == 0 {
		return
	}
	all := w.pending
	places := make([]place, 0, 4)
	for off := 0; off < len(all); off += MaxPlaintext {
		places = append(places, l.writeRecord(ContentHandshake, all[off:min(off+MaxPlaintext, len(all))]))
	}
	start := 0
	for _, m := range w.names {
		b := engine.Buffer{ID: "out/msg/" + strconv.Itoa(w.messages), Name: m.name, How: engine.Composed, Proto: "tls.handshake",
			Context: l.context(ContentHandshake, true, false), Data: bytes.Clone(all[start:m.end])}
		for at := start; at < m.end; {
			k := at / MaxPlaintext
			n := min(m.end, (k+1)*MaxPlaintext) - at
			b.From = append(b.From, engine.Piece{Buffer: places[k].buffer, Off: places[k].off + at - k*MaxPlaintext, Len: n})
			at += n
		}
		l.effects.Add(engine.Made{Buffer: b})
		w.messages++
		start = m.end
	}
	w.pending, w.names = w.pending[:0], w.names[:0]
}

// sendRecord sends content, at most 2^14 bytes, in a record of its own.
func (l *records) sendRecord(label string, typ uint8, content []byte) place {
	l.flushMessages()
	l.labelled(label)
	return l.writeRecord(typ, content)
}

// grow makes room for n bytes of content in full records, so that the buffers
// of a long write share one array.
func (l *records) grow(n int) {
	l.write.data = slices.Grow(l.write.data, n+(n/MaxPlaintext+1)*(RecordHeaderLen+MaxCiphertext13-MaxPlaintext))
}

// labelled begins bytes with another cause.
func (l *records) labelled(label string) {
	w := &l.write
	if w.label != label {
		l.flush()
		w.label = label
	}
}

// flush hands over what was sealed.
func (l *records) flush() {
	w := &l.write
	l.flushMessages()
	if len(w.data) > 0 {
		l.effects.Add(engine.Send{Data: w.data, Label: w.label})
		w.data = nil
	}
	w.label = ""
}

// writeRecord seals one record and says where its content lies.
func (l *records) writeRecord(typ uint8, content []byte) place {
	w := &l.write
	id := strconv.Itoa(w.records)
	if w.data == nil {
		w.data = make([]byte, 0, len(content)+1024)
	}
	at := len(w.data)
	w.data = w.prot.Seal(w.data, typ, w.header, content)
	// w.data may move as it grows; the buffer's bytes are then those it had here.
	record := w.data[at:len(w.data):len(w.data)]
	b := engine.Buffer{ID: "out/record/" + id, Name: "TLSPlaintext", How: engine.Composed, Proto: "tls.record", Context: l.context(typ, true, w.prot != nil),
		Data: record, From: []engine.Piece{{Buffer: engine.Out, Off: w.off, Len: len(record)}}}
	w.off += len(record)
	w.records++
	if w.prot == nil {
		l.effects.Add(engine.Made{Buffer: b})
		return place{b.ID, RecordHeaderLen}
	}
	b.Name, b.How = "TLSCiphertext", engine.Sealed
	l.effects.Add(engine.Made{Buffer: b})
	plain := make([]byte, 0, len(content)+1)
	plain = append(plain, content...)
	if w.prot.Inner13() {
		plain = append(plain, typ)
	}
	l.effects.Add(engine.Made{Buffer: l.plainBuffer("out/plain/"+id, engine.Sealed, l.context(typ, true, false), w.prot, &b, plain)})
	return place{"out/plain/" + id, 0}
}

// plainBuffer describes what a record was sealed from, or opened to.
func (l *records) plainBuffer(id, how string, ctx Context, p *RecordProtection, record *engine.Buffer, plain []byte) engine.Buffer {
	b := engine.Buffer{ID: id, Name: "TLSPlaintext", How: how, Proto: "tls.fragment", Context: ctx, Data: plain, Crypt: p.Crypt(record.Data, plain)}
	if p.Inner13() {
		b.Name, b.Proto = "TLSInnerPlaintext", "tls.inner"
	}
	at := min(len(record.Data), RecordHeaderLen+p.explicit())
	b.From = []engine.Piece{{Buffer: record.ID, Off: at, Len: len(record.Data) - at}}
	return b
}

// setWrite protects what is sent from here on.
func (l *records) setWrite(keys *RecordKeys) *engine.Failure {
	l.flushMessages()
	p, err := NewRecordProtection(*keys)
	if err != nil {
		return codeInternal.With(err)
	}
	l.write.prot = p
	return nil
}

// setRead protects what comes from here on. The key change must fall between
// two records (RFC 8446, Section 5.1).
func (l *records) setRead(keys *RecordKeys, cause string) *engine.Failure {
	if len(l.read.pending) > 0 {
		return codeKeyChangeInsideRecord.With(cause)
	}
	p, err := NewRecordProtection(*keys)
	if err != nil {
		return codeInternal.With(err)
	}
	l.read.prot, l.read.opened = p, 0
	return nil
}

// feed takes bytes of the stream.
func (l *records) feed(data []byte) { l.read.buf = append(l.read.buf, data...) }

// next opens the next whole record: its type, its content and where that
// lies. more is false when the bytes so far hold no whole record.
func (l *records) next() (typ uint8, content []byte, at place, more bool, f *engine.Failure) {
	r := &l.read
	if len(r.buf) < RecordHeaderLen {
		return 0, nil, place{}, false, nil
	}
	typ = r.buf[0]
	n := int(r.buf[3])<<8 | int(r.buf[4])
	if f := l.checkHeader(typ, n); f != nil {
		have := r.buf[:min(len(r.buf), RecordHeaderLen+n)]
		l.effects.Add(engine.Made{Buffer: engine.Buffer{ID: "in/record/" + strconv.Itoa(r.records), Name: "TLSPlaintext", How: engine.Reassembled, Proto: "tls.record",
			Context: l.context(typ, false, r.prot != nil), Data: bytes.Clone(have), From: []engine.Piece{{Buffer: engine.In, Off: r.off, Len: len(have)}}, Why: f.Sentence()}})
		return typ, nil, place{}, false, f
	}
	if len(r.buf) < RecordHeaderLen+n {
		return 0, nil, place{}, false, nil
	}
	record := bytes.Clone(r.buf[:RecordHeaderLen+n])
	r.buf = r.buf[len(record):]
	id := strconv.Itoa(r.records)
	plainly := l.passesPlain(typ, record)
	b := engine.Buffer{ID: "in/record/" + id, Name: "TLSPlaintext", How: engine.Reassembled, Proto: "tls.record", Context: l.context(typ, false, !plainly),
		Data: record, From: []engine.Piece{{Buffer: engine.In, Off: r.off, Len: len(record)}}}
	r.off += len(record)
	r.records++
	if plainly {
		l.effects.Add(engine.Made{Buffer: b})
		typ, content, _, f = (*RecordProtection)(nil).Open(nil, record)
		return typ, content, place{b.ID, RecordHeaderLen}, true, f
	}
	b.Name = "TLSCiphertext"
	l.effects.Add(engine.Made{Buffer: b})
	if r.prot.seq == 1<<64-1 {
		return typ, nil, place{}, false, codeSequenceExhausted.With()
	}
	typ, content, plain, f := r.prot.Open(make([]byte, 0, n), record)
	id = "in/plain/" + id
	if f != nil {
		p := l.plainBuffer(id, engine.Rejected, l.context(typ, false, false), r.prot, &b, nil)
		p.Why = f.Sentence()
		l.effects.Add(engine.Made{Buffer: p})
		return typ, nil, place{}, false, f
	}
	r.opened++
	l.effects.Add(engine.Made{Buffer: l.plainBuffer(id, engine.Opened, l.context(typ, false, false), r.prot, &b, plain)})
	return typ, content, place{id, 0}, true, nil
}

// passesPlain reports whether a record is taken as plaintext: before there are
// keys, a change_cipher_spec record of TLS 1.3, and an alert of a TLS 1.3 peer that has
// no keys yet because it failed before it could derive them.
func (l *records) passesPlain(typ uint8, record []byte) bool {
	r := &l.read
	switch {
	case r.prot == nil:
		return true
	case !r.prot.Inner13():
		return false
	case typ == ContentChangeCipherSpec:
		return true
	}
	return typ == ContentAlert && r.opened == 0 && len(record) == RecordHeaderLen+2
}

// checkHeader judges a record by its header, before its bytes are waited for.
func (l *records) checkHeader(typ uint8, n int) *engine.Failure {
	r := &l.read
	if typ < ContentChangeCipherSpec || typ > ContentApplicationData {
		return codeUnknownContentType.With(contentTypeWords(typ))
	}
	if r.buf[1] != 3 {
		return codeBadRecordVersion.With("0x" + strconv.FormatUint(uint64(r.buf[1])<<8|uint64(r.buf[2]), 16))
	}
	limit := MaxPlaintext
	if r.prot.Inner13() {
		limit = MaxCiphertext13 // RFC 8446, Section 5.2
	} else if r.prot != nil {
		limit = MaxCiphertext12 // RFC 5246, Section 6.2.3
	}
	if n > limit {
		return codeRecordOverflow.With(n, limit)
	}
	return nil
}

// addHandshake takes the content of a handshake record.
func (l *records) addHandshake(content []byte, at place) {
	r := &l.read
	r.pending = append(r.pending, content...)
	r.from = append(r.from, engine.Piece{Buffer: at.buffer, Off: at.off, Len: len(content)})
}

// nextMessage returns the next whole handshake message, header included, nil
// when there is none.
func (l *records) nextMessage() ([]byte, *engine.Failure) {
	r := &l.read
	if len(r.pending) < 4 {
		return nil, nil
	}
	n := int(r.pending[1])<<16 | int(r.pending[2])<<8 | int(r.pending[3])
	if n > maxMessage {
		return nil, codeMessageTooLong.With(n, maxMessage)
	}
	n += 4
	if len(r.pending) < n {
		return nil, nil
	}
	msg := bytes.Clone(r.pending[:n])
	r.pending = r.pending[n:]
	b := engine.Buffer{ID: "in/msg/" + strconv.Itoa(r.messages), Name: MessageName(msg[0]), How: engine.Reassembled, Proto: "tls.handshake",
		Context: l.context(ContentHandshake, false, false), Data: msg}
	for n > 0 {
		p := &r.from[0]
		k := min(n, p.Len)
		b.From = append(b.From, engine.Piece{Buffer: p.Buffer, Off: p.Off, Len: k})
		if p.Off, p.Len, n = p.Off+k, p.Len-k, n-k; p.Len == 0 {
			r.from = r.from[1:]
		}
	}
	r.messages++
	l.effects.Add(engine.Made{Buffer: b})
	return msg, nil
}
