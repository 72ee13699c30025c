;; An actor that asks its plugin what it is told to ask, and tells what it heard.
(component
  (import "silo:actor/plugins@0.1.0" (instance $plugins
    (type $failure' (variant
      (case "unbound") (case "unfit" string) (case "failed" string) (case "busy" string)))
    (export "plugin-failure" (type $failure (eq $failure')))
    (export "bound" (func (result (option string))))
    (export "consult" (func (param "function" string) (param "arguments" string)
      (result (result string (error $failure)))))))
  (alias export $plugins "plugin-failure" (type $failure))

  (core module $libc
    (memory (export "memory") 8)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param $old i32) (param i32 i32) (param $size i32) (result i32)
      (local $start i32)
      (local.set $start (global.get $next))
      (global.set $next (i32.and
        (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7))
        (i32.const -8)))
      (local.get $start)))
  (core instance $libc (instantiate $libc))
  (core func $bound (canon lower (func $plugins "bound")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $consult (canon lower (func $plugins "consult")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))

  (core module $main
    (import "host" "bound" (func $bound (param i32)))
    (import "host" "consult" (func $consult (param i32 i32 i32 i32 i32)))
    (func (export "bound") (result i32)
      (call $bound (i32.const 64))
      (i32.const 64))
    (func (export "ask") (param i32 i32 i32 i32) (result i32)
      (call $consult (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 64))
      (i32.const 64))
    (func (export "ask-often") (param $times i32) (param i32 i32 i32 i32) (result i32)
      (loop $more
        (call $consult (local.get 1) (local.get 2) (local.get 3) (local.get 4) (i32.const 64))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $more (local.get $times)))
      (i32.const 64)))
  (core instance $main (instantiate $main
    (with "host" (instance (export "bound" (func $bound)) (export "consult" (func $consult))))))

  (func $bound' (result (option string))
    (canon lift (core func $main "bound") (memory (core memory $libc "memory"))))
  (func $ask (param "function" string) (param "arguments" string)
    (result (result string (error $failure)))
    (canon lift (core func $main "ask") (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc"))))
  (func $ask-often (param "times" u32) (param "function" string) (param "arguments" string)
    (result (result string (error $failure)))
    (canon lift (core func $main "ask-often") (memory (core memory $libc "memory"))
      (realloc (core func $libc "realloc"))))
  (instance $asker
    (export "bound" (func $bound'))
    (export "ask" (func $ask))
    (export "ask-often" (func $ask-often)))
  (export "asker:asker/asker" (instance $asker)))
