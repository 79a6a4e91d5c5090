<?php
// The built-in server finds endpoint.php below the path of its code: /http/507/endpoint.
require __DIR__ . '/public' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) . '.php';
