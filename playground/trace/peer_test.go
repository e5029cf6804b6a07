package trace

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cipherglass/crypto/engine"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func ipv4(t testing.TB, id uint16, payload []byte) []byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Id: id, Protocol: 253, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}
	return serialize(t, ip, gopacket.Payload(payload))
}

func serialize(t testing.TB, l ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, l...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wiretap notes what is written to a connection.
type wiretap struct {
	net.Conn
	from string
	mu   *sync.Mutex
	out  *[]said
}

type said struct {
	from string
	data []byte
}

func (w wiretap) Write(b []byte) (int, error) {
	w.mu.Lock()
	*w.out = append(*w.out, said{w.from, bytes.Clone(b)})
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// realTLS is a trace of an HTTP exchange between crypto/tls and itself.
func realTLS(t *testing.T) *Trace {
	t.Helper()
	var list []said
	var mu sync.Mutex
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	var keys bytes.Buffer
	client := tls.Client(wiretap{a, "client", &mu, &list}, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &keys, MinVersion: tls.VersionTLS13})
	server := tls.Server(wiretap{b, "server", &mu, &list}, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, SessionTicketsDisabled: true})
	served := make(chan error, 1)
	go func() {
		if _, err := bufio.NewReader(server).ReadString('\n'); err != nil {
			served <- err
			return
		}
		_, err := io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		served <- err
	}()
	if _, err := io.WriteString(client, "GET /secret HTTP/1.1\r\nHost: example.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return &Trace{Links: []Link{{Name: "net", MTU: 65535}}, Packets: tcpPackets(t, list), Secrets: keylogSecrets(t, keys.String())}
}

func tcpPackets(t *testing.T, list []said) []*Packet {
	t.Helper()
	client, server := net.IP{10, 0, 0, 1}, net.IP{10, 0, 0, 2}
	seq := map[string]uint32{"client": 1001, "server": 5001}
	var out []*Packet
	packet := func(from string, tcp *layers.TCP, data []byte) {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: client, DstIP: server}
		tcp.SrcPort, tcp.DstPort, tcp.Window = 49152, 443, 65535
		if from == "server" {
			ip.SrcIP, ip.DstIP = server, client
			tcp.SrcPort, tcp.DstPort = 443, 49152
		}
		if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		out = append(out, &Packet{
			Name: fmt.Sprintf("%s/web/data%d@net", from, len(out)), Time: time.Duration(len(out)) * time.Millisecond, Link: "net", From: from,
			Fate: Delivered, Bytes: serialize(t, ip, tcp, gopacket.Payload(data)),
		})
	}
	packet("client", &layers.TCP{SYN: true, Seq: 1000}, nil)
	packet("server", &layers.TCP{SYN: true, ACK: true, Seq: 5000, Ack: 1001}, nil)
	packet("client", &layers.TCP{ACK: true, Seq: 1001, Ack: 5001}, nil)
	for _, s := range list {
		other := map[string]string{"client": "server", "server": "client"}[s.from]
		packet(s.from, &layers.TCP{ACK: true, PSH: true, Seq: seq[s.from], Ack: seq[other]}, s.data)
		seq[s.from] += uint32(len(s.data))
	}
	return out
}

func keylogSecrets(t *testing.T, text string) []*Secret {
	t.Helper()
	var out []*Secret
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Fields(line)
		random, err := hex.DecodeString(f[1])
		if err != nil {
			t.Fatal(err)
		}
		value, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, &Secret{Secret: engine.Secret{ID: f[0], Keylog: f[0], Value: value}, ClientRandom: random})
	}
	return out
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
