using System.CommandLine;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Evaluation;
using BlobCaptioner.SampleModel.Training;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Draws pictures into a folder, with a CSV that says what they show.</summary>
internal static class DrawCommand
{
    public static Command Create()
    {
        Option<string> directory = new("--out") { Description = "Folder for the pictures and truth.csv.", Required = true };
        Option<bool> samples = new("--samples") { Description = "The dozen pictures that ship with the program, in place of random ones." };
        var pictures = new PictureArguments(1_000);
        var command = new Command("draw", "Draws pictures as they would be uploaded, and truth.csv for 'captioner eval --truth'.") { directory, samples };
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
                var (drawing, file, name) = PicturePool.DrawFile(seed, i, unseen);
                File.WriteAllBytes(Path.Combine(folder, name), file);
                rows[i] = TruthTable.Row(name, drawing.Label);
            });
            File.WriteAllLines(Path.Combine(folder, "truth.csv"), [TruthTable.Header, .. rows]);
            Console.WriteLine($"{count} pictures in {folder}");
            return 0;
        });
        return command;
    }
}
