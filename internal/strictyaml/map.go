package strictyaml

import "go.yaml.in/yaml/v4"

// Map is a mapping in the order of the file, for keys that are names of the user's.
type Map[T any] []Entry[T]

// Entry is one key of a Map.
type Entry[T any] struct {
	Key   String
	Value T
}

// DecodeYAML replaces the map; nothing leaves it as it is.
func (m *Map[T]) DecodeYAML(n *yaml.Node, c *Context) {
	if isNull(n) || !c.isMapping(n) {
		return
	}
	*m = make(Map[T], 0, len(n.Content)/2)
	for key, value := range pairs(n) {
		entry := Entry[T]{Key: String{Value: key.Value, Pos: At(key)}}
		c.Decode(value, &entry.Value)
		*m = append(*m, entry)
	}
}

// Get finds a key.
func (m Map[T]) Get(key string) (T, bool) {
	for _, entry := range m {
		if entry.Key.Value == key {
			return entry.Value, true
		}
	}
	var none T
	return none, false
}

// Keys lists the keys in the order of the file.
func (m Map[T]) Keys() []string {
	keys := make([]string, len(m))
	for i, entry := range m {
		keys[i] = entry.Key.Value
	}
	return keys
}
