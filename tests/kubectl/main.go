// Reads manifests as kubectl does, with the packages that kubectl is built from.
//
// Standard input: any number of "LENGTH\n" each followed by as many bytes, one manifest. Standard output: for each a
// line of JSON: the documents that kubectl would send to the API server, and the error that it stops with, if any.
// The loop is StreamVisitor.Visit of k8s.io/cli-runtime (pkg/resource/visitor.go).
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/util/yaml"
)

type answer struct {
	Documents []json.RawMessage `json:"documents"`
	Error     string            `json:"error"`
}

func read(manifest []byte) (result answer) {
	result.Documents = []json.RawMessage{}
	defer func() {
		if fault := recover(); fault != nil {
			result.Error = fmt.Sprint("panic: ", fault)
		}
	}()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	for {
		var document json.RawMessage
		if err := decoder.Decode(&document); err != nil {
			if err != io.EOF {
				result.Error = err.Error()
			}
			return result
		}
		document = bytes.TrimSpace(document)
		if len(document) > 0 && !bytes.Equal(document, []byte("null")) {
			result.Documents = append(result.Documents, document)
		}
	}
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length int
		if _, err := fmt.Fscanf(in, "%d\n", &length); err != nil {
			return
		}
		manifest := make([]byte, length)
		if _, err := io.ReadFull(in, manifest); err != nil {
			return
		}
		line, err := json.Marshal(read(manifest))
		if err != nil {
			line, _ = json.Marshal(answer{[]json.RawMessage{}, err.Error()})
		}
		out.Write(append(line, '\n'))
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
