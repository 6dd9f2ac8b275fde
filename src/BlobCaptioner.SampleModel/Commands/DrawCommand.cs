using System.CommandLine;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Listings;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Draws pictures into a folder, with a CSV beside it that tells what they show.</summary>
internal static class DrawCommand
{
    public static Command Create()
    {
        Option<string> directory = new("--out") { Description = "Folder for the pictures. OUT.csv beside it tells what they show.", Required = true };
        Option<bool> samples = new("--samples") { Description = "Draw the twelve pictures that ship with the program." };
        var pictures = new PictureArguments(1_000);
        var command = new Command("draw", "Draws pictures as files for upload, and the table for 'captioner eval --truth'.") { directory, samples };
        pictures.AddTo(command);
        command.SetAction(parsed =>
        {
            var folder = Directory.CreateDirectory(parsed.GetRequiredValue(directory)).FullName;
            if (parsed.GetValue(samples))
            {
                SampleSet.Write(folder);
                return 0;
            }

            var (count, seed, unseen) = pictures.Read(parsed);
            var rows = new string[count];
            Parallel.For(0, count, i =>
            {
                var (name, file, label) = PictureFiles.Draw(seed, i, unseen);
                File.WriteAllBytes(Path.Combine(folder, name), file);
                rows[i] = TruthTable.Row(name, label);
            });
            // beside the folder, since everything in the folder is uploaded
            var table = Path.TrimEndingDirectorySeparator(folder) + ".csv";
            File.WriteAllLines(table, [TruthTable.Header, .. rows]);
            Console.WriteLine($"{count} pictures in {folder}, their labels in {table}");
            return 0;
        });
        return command;
    }
}
