const hooks = require("eslint-plugin-react-hooks");
const typescript = require("typescript-eslint");

module.exports = typescript.config(
  { ignores: ["node_modules", ".expo", "dist*", "src/api/openapi.d.ts", "eslint.config.js"] },
  ...typescript.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "react-hooks/exhaustive-deps": "error",
      "max-lines": ["error", 250],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      // `api.x()` in a handler is meant to go on by itself.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // Where `enabled` or a check in the same line has told that it is there.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["src/**/*.tsx"],
    // Words stand in src/text alone.
    rules: {
      "no-restricted-syntax": ["error", {
        selector: "JSXText[value=/[A-Za-zÁÉÍÓÚáéíóúñÑ]/]",
        message: "Words belong in src/text.",
      }],
    },
  },
  {
    files: ["tests/**"],
    rules: {
      "max-lines": ["error", 300],
      "max-lines-per-function": "off",
      "@typescript-eslint/no-empty-function": "off",
    },
  },
);
