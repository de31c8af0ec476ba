package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

var (
	rustFunction = regexp.MustCompile(`^( *)(?:pub(?:\([a-z: ]+\))? )?(?:default )?(?:const )?(?:async )?(?:unsafe )?(?:extern "[A-Za-z-]+" )?fn ([A-Za-z0-9_]+)`)
	goFunction   = regexp.MustCompile(`^()func (?:\([^)]*\) )?([A-Za-z0-9_]+)`)
)

// functions finds where functions begin and end in formatted sources: a function ends at the first line that holds a
// closing brace alone and is indented as its first line. A declaration without a body ends before that.
func functions(path string, lines []string) []finding {
	begins := rustFunction
	if strings.HasSuffix(path, ".go") {
		begins = goFunction
	}
	var found []finding
	for i, line := range lines {
		match := begins.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		indent := match[1]
		for j := i; j < len(lines); j++ {
			text := lines[j]
			if !strings.HasPrefix(text, indent) {
				continue
			}
			rest := text[len(indent):]
			oneLine := j == i && strings.HasSuffix(text, "}")
			bodiless := strings.HasSuffix(text, ";") && (j == i || strings.HasPrefix(rest, ")"))
			if oneLine || bodiless || rest == "}" {
				found = append(found, finding{kind: longFunction, path: path, line: i + 1, name: match[2], lines: j - i + 1})
				break
			}
		}
	}
	return found
}

var builtIns = map[string]bool{
	"append": true, "cap": true, "clear": true, "close": true, "complex": true, "copy": true, "delete": true,
	"imag": true, "len": true, "make": true, "max": true, "min": true, "new": true, "panic": true, "print": true,
	"println": true, "real": true, "recover": true, "error": true, "string": true, "any": true, "nil": true,
	"true": true, "false": true, "iota": true,
}

// hiddenBuiltIns finds declarations in a Go file, methods too, that take the name of a built-in. A method `close` is
// left alone: it is what the thing does, and nobody closes a channel through it.
func hiddenBuiltIns(path, text string) ([]finding, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []finding
	declare := func(name *ast.Ident) {
		if builtIns[name.Name] {
			found = append(found, finding{kind: hiddenBuiltIn, path: path, line: files.Position(name.Pos()).Line, name: name.Name})
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil || n.Name.Name != "close" {
				declare(n.Name)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, left := range n.Lhs {
					if name, ok := left.(*ast.Ident); ok {
						declare(name)
					}
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				declare(name)
			}
		case *ast.TypeSpec:
			declare(n.Name)
		case *ast.Field:
			for _, name := range n.Names {
				declare(name)
			}
		}
		return true
	})
	return found, nil
}
