import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarInputStream;

/**
 * Extracts the library of its jar into /tmp, as Java libraries do, calls it. It
 * may lie in a jar within its own, as those of Spring Boot do.
 */
public class Native {
	static native int letter(int at);

	public static void main(String[] args) throws Exception {
		Path file = Files.createTempFile("libnative", ".so");
		byte[] bytes = library();
		if (args.length > 0)
			alter(bytes, "original", args[0]);
		Files.write(file, bytes);
		try {
			System.load(file.toString());
		} catch (UnsatisfiedLinkError e) {
			System.out.println("refused");
			return;
		} finally {
			Files.delete(file);
		}
		StringBuilder name = new StringBuilder();
		for (int at = 0, c; (c = letter(at)) != 0; at++)
			name.append((char) c);
		System.out.println(args.length > 0 ? "ran" : name);
	}

	static byte[] library() throws Exception {
		try (var in = Native.class.getResourceAsStream("/libnative.so")) {
			if (in != null)
				return in.readAllBytes();
		}
		try (var in = Native.class.getResourceAsStream("/BOOT-INF/lib/native.jar");
				var jar = new JarInputStream(in)) {
			for (var entry = jar.getNextJarEntry();; entry = jar.getNextJarEntry())
				if (entry.getName().equals("libnative.so"))
					return jar.readAllBytes();
		}
	}

	static void alter(byte[] bytes, String from, String to) {
		String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
		int at = text.indexOf(from);
		for (int i = 0; i < to.length(); i++)
			bytes[at + i] = (byte) to.charAt(i);
	}
}
