module pinfold.example/trie

go 1.26
