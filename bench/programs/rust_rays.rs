//! A ray tracer whose shapes and surfaces are trait objects: indirect calls and floating-point
//! arithmetic as a Rust program does them.

use std::ops::{Add, Mul, Sub};

#[derive(Clone, Copy)]
struct Vector(f64, f64, f64);

impl Add for Vector {
    type Output = Vector;
    fn add(self, o: Vector) -> Vector {
        Vector(self.0 + o.0, self.1 + o.1, self.2 + o.2)
    }
}

impl Sub for Vector {
    type Output = Vector;
    fn sub(self, o: Vector) -> Vector {
        Vector(self.0 - o.0, self.1 - o.1, self.2 - o.2)
    }
}

impl Mul<f64> for Vector {
    type Output = Vector;
    fn mul(self, k: f64) -> Vector {
        Vector(self.0 * k, self.1 * k, self.2 * k)
    }
}

impl Vector {
    fn dot(self, o: Vector) -> f64 {
        self.0 * o.0 + self.1 * o.1 + self.2 * o.2
    }
    fn unit(self) -> Vector {
        self * (1.0 / self.dot(self).sqrt())
    }
}

struct Ray {
    from: Vector,
    to: Vector,
}

trait Shape {
    /// The distance at which the ray meets the shape.
    fn meet(&self, ray: &Ray) -> Option<f64>;
    fn normal(&self, at: Vector) -> Vector;
    fn surface(&self) -> &dyn Surface;
}

trait Surface {
    fn colour(&self, at: Vector) -> Vector;
    fn mirror(&self) -> f64;
}

struct Plain(Vector, f64);
struct Squares(Vector, Vector);

impl Surface for Plain {
    fn colour(&self, _: Vector) -> Vector {
        self.0
    }
    fn mirror(&self) -> f64 {
        self.1
    }
}

impl Surface for Squares {
    fn colour(&self, at: Vector) -> Vector {
        if (at.0.floor() as i64 + at.2.floor() as i64) & 1 == 0 {
            self.0
        } else {
            self.1
        }
    }
    fn mirror(&self) -> f64 {
        0.1
    }
}

struct Ball {
    centre: Vector,
    radius: f64,
    surface: Box<dyn Surface>,
}

struct Floor {
    height: f64,
    surface: Box<dyn Surface>,
}

impl Shape for Ball {
    fn meet(&self, ray: &Ray) -> Option<f64> {
        let away = ray.from - self.centre;
        let half = away.dot(ray.to);
        let root = half * half - away.dot(away) + self.radius * self.radius;
        if root < 0.0 {
            return None;
        }
        let near = -half - root.sqrt();
        if near > 1e-6 {
            Some(near)
        } else {
            None
        }
    }
    fn normal(&self, at: Vector) -> Vector {
        (at - self.centre).unit()
    }
    fn surface(&self) -> &dyn Surface {
        &*self.surface
    }
}

impl Shape for Floor {
    fn meet(&self, ray: &Ray) -> Option<f64> {
        let distance = (self.height - ray.from.1) / ray.to.1;
        if ray.to.1 < 0.0 && distance > 1e-6 {
            Some(distance)
        } else {
            None
        }
    }
    fn normal(&self, _: Vector) -> Vector {
        Vector(0.0, 1.0, 0.0)
    }
    fn surface(&self) -> &dyn Surface {
        &*self.surface
    }
}

fn nearest<'a>(shapes: &'a [Box<dyn Shape>], ray: &Ray) -> Option<(f64, &'a dyn Shape)> {
    shapes
        .iter()
        .filter_map(|s| s.meet(ray).map(|distance| (distance, &**s)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
}

fn trace(shapes: &[Box<dyn Shape>], ray: &Ray, depth: u32) -> Vector {
    let light = Vector(0.5, 0.8, -0.33).unit();
    let (distance, shape) = match nearest(shapes, ray) {
        Some(found) => found,
        None => return Vector(0.4, 0.6, 0.9) * (1.0 - ray.to.1.abs()),
    };
    let at = ray.from + ray.to * distance;
    let normal = shape.normal(at);
    let shadow = nearest(shapes, &Ray { from: at, to: light }).is_some();
    let bright = if shadow { 0.1 } else { normal.dot(light).max(0.1) };
    let surface = shape.surface();
    let own = surface.colour(at) * bright;
    let mirror = surface.mirror();
    if depth == 0 || mirror == 0.0 {
        return own;
    }
    let reflected = ray.to - normal * (2.0 * normal.dot(ray.to));
    own * (1.0 - mirror) + trace(shapes, &Ray { from: at, to: reflected }, depth - 1) * mirror
}

fn scene() -> Vec<Box<dyn Shape>> {
    let mut shapes: Vec<Box<dyn Shape>> = vec![Box::new(Floor {
        height: -1.0,
        surface: Box::new(Squares(Vector(0.9, 0.9, 0.9), Vector(0.1, 0.1, 0.1))),
    })];
    let mut random = 7u32;
    let mut next = move || {
        random = random.wrapping_mul(1664525).wrapping_add(1013904223);
        f64::from(random >> 8) / f64::from(1u32 << 24)
    };
    for _ in 0..24 {
        let centre = Vector(next() * 8.0 - 4.0, next() * 2.0 - 0.5, 3.0 + next() * 6.0);
        let colour = Vector(next(), next(), next());
        let (radius, mirror) = (0.3 + next() * 0.6, next() * 0.8);
        shapes.push(Box::new(Ball { centre, radius, surface: Box::new(Plain(colour, mirror)) }));
    }
    shapes
}

fn main() {
    let size: i32 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(20);
    let shapes = scene();
    let mut sums = [0u64; 3];
    let mut hash = 0xcbf29ce484222325u64;
    for y in 0..size {
        for x in 0..size {
            let place = |v: i32| f64::from(v) / f64::from(size) - 0.5;
            let ray = Ray { from: Vector(0.0, 0.5, -2.0), to: Vector(place(x), -place(y), 0.8).unit() };
            let colour = trace(&shapes, &ray, 4);
            for (i, part) in [colour.0, colour.1, colour.2].iter().enumerate() {
                let byte = (part.clamp(0.0, 1.0) * 255.0) as u8;
                sums[i] += u64::from(byte);
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3);
            }
        }
    }
    println!("{} {} {} {:016x}", sums[0], sums[1], sums[2], hash);
}
