import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles every program into its own folder: one after the other in one process, for each has the same name. */
public class Compile {
    public static void main(String[] arguments) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = System.getProperty("java.class.path");
        boolean fine = true;
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                var programs = Files.list(Path.of("."))) {
            for (Path folder : programs.filter(Files::isDirectory).sorted().toList()) {
                Path program = folder.resolve("Fetch.java");
                List<String> options = List.of("-d", folder.toString(), "-cp", classPath);
                fine &= compiler.getTask(null, files, null, options, null, files.getJavaFileObjects(program)).call();
            }
        }
        System.exit(fine ? 0 : 1);
    }
}
