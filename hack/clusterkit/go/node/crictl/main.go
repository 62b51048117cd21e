// Command crictl answers the two questions that kind asks inside a node: `inspecti IMAGE` and `images`.
// The whole tool is not published as a Go module with its dependencies pinned; kind needs no more of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	endpoint = "unix:///run/containerd/containerd.sock"
	patience = 10 * time.Second
)

// image is the part of crictl's JSON that kind reads.
type image struct {
	ID       string   `json:"id"`
	RepoTags []string `json:"repoTags"`
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "crictl:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	connection, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	images := runtime.NewImageServiceClient(connection)
	if len(args) == 2 && args[0] == "inspecti" {
		return inspect(ctx, images, args[1], out)
	}
	if len(args) == 1 && args[0] == "images" {
		return list(ctx, images, out)
	}
	return errors.New("only `inspecti IMAGE` and `images` are known here")
}

func inspect(ctx context.Context, images runtime.ImageServiceClient, name string, out io.Writer) error {
	answer, err := images.ImageStatus(ctx, &runtime.ImageStatusRequest{Image: &runtime.ImageSpec{Image: name}})
	if err != nil {
		return err
	}
	if answer.Image == nil {
		return fmt.Errorf("no such image %q", name)
	}
	found := image{ID: answer.Image.Id, RepoTags: answer.Image.RepoTags}
	return json.NewEncoder(out).Encode(map[string]image{"status": found})
}

func list(ctx context.Context, images runtime.ImageServiceClient, out io.Writer) error {
	answer, err := images.ListImages(ctx, &runtime.ListImagesRequest{})
	if err != nil {
		return err
	}
	for _, each := range answer.Images {
		fmt.Fprintln(out, each.Id, each.Size, each.RepoTags)
	}
	return nil
}
