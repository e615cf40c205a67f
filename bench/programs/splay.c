// A splay tree that is searched, grown and shrunk at once: pointer chasing with rotations, malloc
// and free of small blocks, a payload with each node.
#include "bench.h"

typedef struct Node {
  struct Node *left, *right;
  uint64_t key;
  uint32_t payload[4];
} Node;

// Brings the node with the key, or the last one on the way to it, to the root (top-down).
static BENCH_NOINLINE Node* splay(Node* root, uint64_t key) {
  if (!root) return NULL;
  Node header = {0};
  Node *left = &header, *right = &header;
  for (;;) {
    if (key < root->key) {
      Node* child = root->left;
      if (!child) break;
      if (key < child->key) {
        root->left = child->right;
        child->right = root;
        root = child;
        if (!root->left) break;
      }
      right->left = root;
      right = root;
      root = root->left;
    } else if (key > root->key) {
      Node* child = root->right;
      if (!child) break;
      if (key > child->key) {
        root->right = child->left;
        child->left = root;
        root = child;
        if (!root->right) break;
      }
      left->right = root;
      left = root;
      root = root->right;
    } else {
      break;
    }
  }
  left->right = root->left;
  right->left = root->right;
  root->left = header.right;
  root->right = header.left;
  return root;
}

static Node* insert(Node* root, uint64_t key) {
  root = splay(root, key);
  if (root && root->key == key) return root;
  Node* node = malloc(sizeof *node);
  *node = (Node){NULL, NULL, key, {(uint32_t)key, (uint32_t)(key >> 8), 1, 2}};
  if (!root) return node;
  if (key < root->key) {
    node->left = root->left;
    node->right = root;
    root->left = NULL;
  } else {
    node->right = root->right;
    node->left = root;
    root->right = NULL;
  }
  return node;
}

static Node* erase(Node* root, uint64_t key) {
  root = splay(root, key);
  if (!root || root->key != key) return root;
  Node* rest = root->right;
  if (root->left) {
    rest = splay(root->left, key);
    rest->right = root->right;
  }
  free(root);
  return rest;
}

int main(int argc, char** argv) {
  long steps = bench_size(argc, argv, 5000);
  uint64_t seed = 19, hits = 0, sum = 0;
  enum { kLive = 8000 };
  static uint64_t live[kLive];
  Node* root = NULL;
  for (int i = 0; i < kLive; i++) root = insert(root, live[i] = bench_random(&seed) >> 20);
  for (long i = 0; i < steps; i++) {
    uint64_t* slot = &live[bench_random(&seed) % kLive];
    root = erase(root, *slot);
    root = insert(root, *slot = bench_random(&seed) >> 20);
    sum += root->payload[i & 3];
    uint64_t wanted = live[(uint64_t)i * 7 % kLive];
    root = splay(root, wanted);
    hits += root->key == wanted;
  }
  printf("%llu hits, sum %llu\n", (unsigned long long)hits, (unsigned long long)sum);
  return 0;
}
